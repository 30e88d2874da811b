"""Reading raters' marks."""

import pytest

from parlance_scores.rater_labels import label_phones, read_marks


def test_marks_say_which_phones_are_wrong_or_accented():
    assert read_marks("(Y) {UW0} N") == [("Y", 0.0), ("UW", 1.0), ("N", 2.0)]


def test_a_mark_may_span_several_phones():
    assert read_marks("{Y UW0} S") == [("Y", 1.0), ("UW", 1.0), ("S", 2.0)]


def test_inserted_phones_are_no_phones_of_the_word():
    assert read_marks("DH AE0 T [ S ]") == [("DH", 2.0), ("AE", 2.0), ("T", 2.0)]


def test_a_cluster_becomes_two_phones_that_share_its_rating():
    assert read_marks("(TR) AR1") == [("T", 0.0), ("R", 0.0), ("EH", 2.0), ("R", 2.0)]


def test_an_unknown_symbol_is_refused():
    with pytest.raises(KeyError):
        read_marks("QQ0")


def test_the_label_is_the_mean_of_the_raters():
    labels = label_phones(["HH {UW0}", "HH UW0", "HH (UW0)", "HH UW0", "HH UW0"], [])
    assert [label.phone for label in labels] == ["HH", "UW"]
    assert labels[1].score == pytest.approx(1.4)
    assert labels[0].spread == 0


def test_a_rater_with_another_pronunciation_is_left_out():
    labels = label_phones(["HH ER0", "HH ER0", "HH EE0 (R)", "HH {ER0}", "HH ER0"], [])
    assert labels[1].raters == (2.0, 2.0, 1.0, 2.0)


def test_vowels_are_written_as_the_lexicon_has_them():
    labels = label_phones(["N OO0 T"] * 5, [("N", "AA", "T"), ("N", "AH", "T", "S")])
    assert [label.phone for label in labels] == ["N", "AA", "T"]
