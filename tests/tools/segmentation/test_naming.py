import numpy as np

from marketeer.tools.segmentation.families import NOISE
from marketeer.tools.segmentation.naming import name_clusters

RFM = ("recency_days", "orders", "net_revenue")


def test_a_code_says_where_a_cluster_lies_on_each_feature() -> None:
    places = np.array([[-1.0, 1.0, 2.0], [1.0, -1.0, -1.0], [0.0, 0.0, 0.0]])
    assert name_clusters(places, np.array([0, 1, 2]), RFM) == {
        0: "recent_frequent_top_spend",
        1: "lapsed_occasional_low_spend",
        2: "cooling_regular_mid_spend",
    }


def test_codes_do_not_depend_on_how_clusters_are_numbered() -> None:
    places = np.array([[-1.0, 1.0, 2.0], [1.0, -1.0, -1.0]])
    one = name_clusters(places, np.array([0, 1]), RFM)
    other = name_clusters(places, np.array([1, 0]), RFM)
    assert (one[0], one[1]) == (other[1], other[0])


def test_clusters_of_one_name_are_numbered_by_value() -> None:
    places = np.array([[0.0, 0.0, 0.1], [0.0, 0.0, 0.3]])
    assert name_clusters(places, np.array([0, 1]), RFM) == {
        0: "cooling_regular_mid_spend_2",
        1: "cooling_regular_mid_spend_1",
    }


def test_noise_is_named_as_such_and_attributes_by_their_column() -> None:
    places = np.array([[2.0], [0.0], [-0.7]])
    named = name_clusters(places, np.array([0, NOISE, 1]), ("attr_age",))
    assert named == {0: "highest_age", 1: "low_age", NOISE: "unassigned"}


def test_a_cluster_nothing_stands_out_in_is_average() -> None:
    assert name_clusters(np.zeros((1, 1)), np.array([0]), ("attr_age",)) == {0: "average"}
