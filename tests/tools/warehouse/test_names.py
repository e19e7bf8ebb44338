import pytest

from marketeer.tools.core.errors import Retry
from marketeer.tools.core.workspace import Workspace
from marketeer.tools.warehouse.names import customer_key, product_row, row_of


@pytest.mark.parametrize("text", ["C0017", "c0017", "person17@example.com", "row 17"])
def test_a_customer_is_found_by_id_email_or_key(workspace: Workspace, text: str) -> None:
    assert row_of(customer_key(workspace.dataset, text)) == 17


def test_an_unknown_customer_is_not_answered_with_other_peoples_names(workspace: Workspace) -> None:
    with pytest.raises(Retry) as caught:
        customer_key(workspace.dataset, "nobody@example.com")
    assert "person" not in str(caught.value)


def test_a_product_is_found_in_spite_of_its_spelling(workspace: Workspace) -> None:
    assert product_row(workspace.dataset, "P03") == 3
    assert product_row(workspace.dataset, "Product 11") == 11


def test_an_ambiguous_product_is_asked_back_with_the_candidates(workspace: Workspace) -> None:
    with pytest.raises(Retry, match="product 1"):
        product_row(workspace.dataset, "product")
