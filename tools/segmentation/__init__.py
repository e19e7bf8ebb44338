"""Groups of customers: RFM schemes, clustering, choice of k, stability, naming."""
