from marketeer.tools.campaigns.catalogue import Catalogue, copy_name


def test_the_longest_name_wins_and_case_and_marks_do_not_count() -> None:
    catalogue = Catalogue(["Green Tea", "Jasmine Green Tea", "T-light holder", "手工粗陶茶壶", "Mug"])
    text = "A jasmine green tea, a T-LIGHT HOLDER and a mug. 试试手工粗陶茶壶"
    assert sorted(catalogue.named_in(text)) == ["Jasmine Green Tea", "T-light holder", "手工粗陶茶壶"]


def test_a_latin_name_inside_chinese_text_is_found() -> None:
    assert list(Catalogue(["Oak Tray"]).named_in("推荐Oak Tray给您")) == ["Oak Tray"]


def test_a_name_all_in_capitals_is_put_in_small_letters() -> None:
    assert copy_name("WHITE HANGING HEART  T-LIGHT HOLDER.") == "white hanging heart t-light holder"
    assert copy_name("Jasmine Green Tea") == "Jasmine Green Tea"
    assert copy_name("手工茶壶") == "手工茶壶"
