"""A model learns from any table with a header; an error says what to change where it cannot."""

import gzip
import time

import numpy as np
import pytest

from ai_from_scratch.data import DataError, load_iris, load_table, table_file
from ai_from_scratch.data.tabular import TABLES_FOLDER


def rows(n: int = 30):
    """n rows of an age, a city and an income that grows with the age."""
    rng = np.random.default_rng(0)
    return [[f"{20 + i}", ("Rome", "Oslo", "Bern")[i % 3], f"{1000 + 50 * i + rng.integers(20)}"] for i in range(n)]


def csv_text(header: str = "age,city,income", lines=None, delimiter: str = ",", end: str = "\n") -> str:
    body = rows() if lines is None else lines
    return end.join([header.replace(",", delimiter), *(delimiter.join(row) for row in body)]) + end


@pytest.fixture
def write(tmp_path):
    def to_file(text: str | bytes, encoding: str = "utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path
    return to_file


def together(table) -> np.ndarray:                                 # (n, d)
    return np.concatenate([table.data.train.X, table.data.validation.X, table.data.test.X])


def edited(**fields: str) -> str:
    """The table with the fields named line7_age=… replaced (the header is line 1)."""
    lines = rows()
    for place, value in fields.items():
        line, column = place.removeprefix("line").split("_")
        lines[int(line) - 2][["age", "city", "income"].index(column)] = value
    return csv_text(lines=lines)


# --- what is taken

def test_numbers_stay_categories_become_one_column_each_and_the_target_decides_the_task(write):
    table = load_table(write(csv_text()), "income")
    assert table.data.feature_names == ("age", "city = Bern", "city = Oslo", "city = Rome")
    assert not table.has_classes and table.data.train.y.dtype == float
    assert [len(part.y) for part in (table.data.train, table.data.validation, table.data.test)] == [18, 6, 6]
    X = together(table)
    assert sorted(X[:, 0]) == list(range(20, 50)) and (X[:, 1:].sum(axis=1) == 1).all()
    assert any("'city' (3)" in note for note in table.notes)

    cities = load_table(write(csv_text()), "city")
    assert cities.data.class_names == ("Bern", "Oslo", "Rome") and cities.data.train.y.dtype == np.int64
    assert np.bincount(cities.data.train.y).tolist() == [6, 6, 6]


def test_a_table_of_the_package_read_as_ones_own_is_the_same_table():
    own, ours = load_table(TABLES_FOLDER / "iris.csv", "target", seed=3).data, load_iris(seed=3)
    for mine, theirs in zip((own.train, own.validation, own.test), (ours.train, ours.validation, ours.test),
                            strict=True):
        np.testing.assert_array_equal(mine.X, theirs.X)
        np.testing.assert_array_equal(mine.y, theirs.y)


@pytest.mark.parametrize("other", [
    csv_text(end="\r\n"), "\ufeff" + csv_text(), csv_text(delimiter=";"), csv_text(delimiter="\t"),
    csv_text(delimiter="|"), csv_text(delimiter=", "), csv_text() + "\n\n,,\n",
    csv_text('"age",city,"income"', [[f'"{a}"', f'"{c}"', b] for a, c, b in rows()]),
], ids=["CRLF", "BOM", "semicolon", "tab", "bar", "spaces", "empty lines at the end", "quotes"])
def test_the_same_table_written_otherwise_is_the_same_table(write, other):
    usual, table = load_table(write(csv_text()), "income"), load_table(write(other), "income")
    np.testing.assert_array_equal(together(usual), together(table))
    assert usual.data.feature_names == table.data.feature_names


def test_excels_unicode_text_is_read(write):
    assert load_table(write(csv_text(delimiter="\t"), "utf-16"), "income").data.feature_names[0] == "age"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_apostrophes_are_no_quotes_and_choose_no_delimiter(write, delimiter):
    words = ("O'Neil", "rock 'n' roll", "'c'" if delimiter == "," else "'a, b', c",
             "don't | can't" if delimiter != "|" else "don't; can't")
    lines = [[str(i * i), words[i % 4], str(i)] for i in range(40)]
    table = load_table(write(csv_text("a,name,y", lines, delimiter)), "y", wanted="numbers")
    assert table.data.feature_names == ("a", *(f"name = {word}" for word in sorted(words)))


@pytest.mark.parametrize(("write_number", "delimiter"), [
    (lambda x: f"{x:.2f}".replace(".", ","), ";"),                              # 1234,50
    (lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")), ";"),          # 1.234,50
    (lambda x: f'"{x:,.2f}"', ","),                                             # "1,234.50"
    (lambda x: f'"{x:.2f}"'.replace(".", ","), ","),                            # "1234,50"
    (lambda x: f"{x:.4e}", ","),
])
def test_decimal_commas_and_thousands_are_numbers(write, write_number, delimiter):
    numbers = [1234.5 + 500 * i for i in range(30)]
    lines = [[write_number(x), str(i % 7), str(i)] for i, x in enumerate(numbers)]
    table = load_table(write(csv_text("price,a,b", lines, delimiter)), "price", wanted="numbers")
    y = np.concatenate([table.data.train.y, table.data.validation.y, table.data.test.y])
    np.testing.assert_allclose(sorted(y), numbers, rtol=1e-4)


def test_rows_that_lack_a_value_are_left_out_and_named_by_line_and_column(write):
    table = load_table(write(edited(line4_age="NA", line9_city="", line12_income="inf", line13_age="1e999")), "income")
    note = next(note for note in table.notes if "lack" in note)
    assert "4 rows lack" in note and "line 4, 'age'; line 9, 'city'; line 12, 'income'" in note
    assert "'age' 2" in note
    assert len(together(table)) == 26 and np.isfinite(together(table)).all()


def test_lines_are_counted_as_an_editor_counts_them_when_a_field_spans_two(write):
    lines = [[a, c.replace("Rome", '"Ro\nme"'), b] for a, c, b in rows()]
    lines[4][0] = "?"                                              # 4 records above it, two of them of two lines
    assert "line 8, 'age'" in " ".join(load_table(write(csv_text(lines=lines)), "income").notes)


def test_a_column_that_is_mostly_empty_or_says_nothing_is_left_out_and_the_rows_stay(write):
    lines = [[str(i), str(20 + i % 9), "" if i % 3 else "x", f"name {i}", "7", str(i)] for i in range(60)]
    table = load_table(write(csv_text("id,age,deck,name,constant,y", lines)), "y", wanted="numbers")
    assert table.data.feature_names == ("age",) and len(together(table)) == 60
    told = " ".join(table.notes)
    for words in ("'id' is left out: it only counts", "'deck' is left out: 40 of 60", "'name' is left out: it has 60",
                  "'constant' is left out: it has the same value everywhere"):
        assert words in told


def test_categories_are_those_of_the_training_rows_and_an_unseen_one_is_all_zeros(write):
    lines = rows(60)
    for seed in range(10):                                         # until the one row falls outside the training part
        lines[7][1] = "Lima"
        table = load_table(write(csv_text(lines=lines)), "income", seed=seed)
        if "city = Lima" not in table.data.feature_names:
            held_out = np.concatenate([table.data.validation.X, table.data.test.X])
            alone = held_out[:, 0] == 27
            assert alone.sum() == 1 and (held_out[alone, 1:] == 0).all()
            assert (held_out[~alone, 1:].sum(axis=1) == 1).all()
            return
    pytest.fail("in ten splits the row was always in the training part")


def test_two_categories_share_one_column(write):
    lines = [[a, c.replace("Bern", "Oslo"), b] for a, c, b in rows()]
    assert load_table(write(csv_text(lines=lines)), "income").data.feature_names == ("age", "city = Rome")


def test_few_whole_numbers_are_classes_unless_numbers_are_wanted_and_the_rule_is_said(write):
    path = write(csv_text("a,b,grade", [[str(i), str(i * i), str(i % 3)] for i in range(30)]))
    table = load_table(path, "grade")
    assert table.data.class_names == ("0", "1", "2") and "whole numbers are classes" in " ".join(table.notes)
    assert not load_table(path, "grade", wanted="numbers").has_classes
    assert not load_table(path, "b").has_classes


# --- what is refused

BINARY = bytes(range(256)) * 4


@pytest.mark.parametrize(("text", "target", "words"), [
    ("", "y", "is empty: expected a line of column names"),
    ("\n \n", "y", "is empty"),
    ("age,city,income\n", "income", "a header and no rows"),
    (csv_text(lines=rows(9)), "income", "at least 20 rows.* got only 9 rows"),
    (csv_text(), "incme", r"no column 'incme'. Did you mean 'income'\? Its columns are 'age', 'city', 'income'"),
    (csv_text(), "INCOME", "Did you mean 'income'"),
    (csv_text("age,city,age"), "city", r"the name 'age' 2 times \(columns 1, 3\)"),
    (csv_text("1,2.5,3"), "3", "holds numbers. Expected the names of the columns"),
    ("income\n" + "1\n" * 30, "income", "at least two column names.*separated by a comma, semicolon, tab or bar"),
    (csv_text(lines=[*rows(), ["1", "2"]]), "income", "line 32: expected 3 fields, as in the header, got 2"),
    (csv_text(lines=[*rows()[:5], ["1", "2", "3", "4"], *rows()]), "income", "line 7: expected 3 fields.* got 4"),
    (csv_text() + '50,"Rome,7\n', "income", "line 32: the quotes there do not come in pairs"),
    (csv_text().replace("Oslo", "Zürich").encode("latin-1"), "income", "expected UTF-8 text, got the byte 0xFC"),
    (BINARY, "y", "a binary file"), (b"PK\x03\x04" + BINARY, "y", "Excel workbook"),
    (gzip.compress(b"a,b\n1,2\n", mtime=0), "y", "unpack it"),
    (csv_text("a,b,y", [[str(i), str(2 * i), "5"] for i in range(30)]), "y", "is 5 in every row"),
    (csv_text("a,b,y", [[str(i), str(2 * i), "yes"] for i in range(30)]), "y", "is yes in every row"),
    (csv_text("name,y", [[f"n{i}", str(i)] for i in range(30)]), "y", "no column is left.*'name' is left out: it h"),
    (csv_text("a,name", [[str(i), f"n{i}"] for i in range(30)]), "name", "30 different words.* too many to be classes"),
    (csv_text("a,y", [[str(i), "" if i % 3 else "1"] for i in range(30)]), "y", "20 of 30 rows have no value"),
    (csv_text("a,b,y", [["" if i % 3 == 0 else f"{i}", "" if i % 3 == 1 else str(i), str(i)] for i in range(60)]),
     "y", r"40 of 60 rows lack a value \(line 2, 'a'.*by column: 'a' 20, 'b' 20"),
])
def test_what_is_no_table_to_learn_from_is_refused_in_words(write, text, target, words):
    with pytest.raises(DataError, match=f"(?s){words}"):
        load_table(write(text), target)


def test_one_word_among_many_numbers_is_taken_for_a_mistake_and_named(write):
    lines = [[str(i), str(i * 1.5), str(i % 2)] for i in range(100)]
    lines[15][1] = "12 cm"
    for target in ("y", "length"):
        with pytest.raises(DataError, match=r"line 17, column 'length': expected a number, as in 99 .* got '12 cm"):
            load_table(write(csv_text("a,length,y", lines)), target, wanted="classes" if target == "y" else "numbers")


def test_a_target_of_the_other_kind_is_refused_with_what_would_suit_it(write):
    path = write(csv_text())
    with pytest.raises(DataError, match=r"holds words \('Rome', 'Oslo', 'Bern'\), and numbers were expected. Try B"):
        load_table(path, "city", wanted="numbers", otherwise="Try B.")
    with pytest.raises(DataError, match=r"30 different whole numbers in 30 rows, and classes were expected.*Try A"):
        load_table(path, "income", wanted="classes", otherwise="Try A.")


def test_a_table_that_would_not_fit_is_refused_before_it_is_read(write, monkeypatch):
    path = write(csv_text(lines=rows() * 300))
    with open(path, "r+b") as file:
        file.truncate(2**30)                                       # a hole: it takes no room on the disk
    monkeypatch.setattr(table_file, "available_memory", lambda: 10**9)
    with pytest.raises(DataError, match=r"rows of 3 columns would take \d+\.\d GB of memory, and 1.0 GB are free"):
        load_table(path, "income")


def test_the_memory_that_is_asked_for_is_the_memory_that_it_takes(write, monkeypatch):
    path = write(csv_text("a,b,y", [[f"{i * 0.37:.6f}", f"{i * 1.7:.6f}", str(i)] for i in range(5000)]))
    monkeypatch.setattr(table_file, "available_memory", lambda: 5000 * 3 * table_file.BYTES_PER_FIELD * 11 // 10)
    load_table(path, "y")
    monkeypatch.setattr(table_file, "available_memory", lambda: 5000 * 3 * table_file.BYTES_PER_FIELD * 9 // 10)
    with pytest.raises(DataError, match=r"about [45],[0-9]{3} rows"):
        load_table(path, "y")


def test_a_folder_and_a_name_of_nothing_are_refused(tmp_path):
    with pytest.raises(DataError, match="got a folder"):
        load_table(tmp_path, "y")
    with pytest.raises(DataError, match="got nothing of that name"):
        load_table(tmp_path / "no.csv", "y")


# --- nothing is learnt that is no feature, and nothing is left out without a word

def noise(header: str, first, n: int = 90) -> str:
    """n rows of noise.  The classes are sorted by row, so the first column, the row's number, predicts them."""
    rng = np.random.default_rng(0)
    return csv_text(f"{header},a,b,kind", [
        [str(first(i)), f"{rng.normal():.4f}", f"{rng.normal():.4f}", "xyz"[3 * i // n]] for i in range(n)])


@pytest.mark.parametrize(("header", "first"), [
    ("", lambda i: i), ('""', lambda i: i + 1), ("Unnamed: 0", lambda i: i), ("Id", lambda i: i + 1),
    ("PassengerId", lambda i: 891 - i), ("customer_id", lambda i: 10_001 + 7 * i), ("PID", lambda i: 526_301 + i * i),
    ("Sample Number", lambda i: i + 1), ("rownames", lambda i: i), ("ID", lambda i: "" if i % 9 == 4 else i),
    ("row", lambda i: 37 * i % 90),
])
def test_an_id_or_a_row_number_is_left_out_and_named(write, header, first):
    table = load_table(write(noise(header, first)), "kind")
    assert table.data.feature_names == ("a", "b") and len(together(table)) == 90
    name = header.strip('"') or "column 1"
    assert any(note.startswith(f"Column {name!r} is left out: it ") for note in table.notes)


@pytest.mark.parametrize(("header", "first"), [
    ("humid", lambda i: i * i), ("paid", lambda i: i * i), ("id", lambda i: i / 8), ("user_id", lambda i: i % 12),
    ("price index", lambda i: i * i), ("number of rooms", lambda i: i * i),
])
def test_a_column_that_is_not_both_named_and_filled_like_an_id_is_learnt_from(write, header, first):
    table = load_table(write(noise(header, first)), "kind")
    assert table.data.feature_names == (header, "a", "b")
    assert not any("left out" in note or "Whole numbers" in note for note in table.notes)


def test_a_row_number_that_begins_anew_for_each_group_is_left_out(write):
    """The number within a class predicts it as soon as the classes differ in size: 1 … 30, 1 … 60."""
    table = load_table(write(noise("Sample Number", lambda i: i + 1 if i < 30 else i - 29)), "kind")
    assert table.data.feature_names == ("a", "b")
    assert any("'Sample Number' is left out: it is named like an id, and its whole numbers count on from row to row."
               in note for note in table.notes)


@pytest.mark.parametrize(("header", "first"), [
    ("Sample Number", lambda i: i // 2 + 1), ("", lambda i: i // 2), ("row", lambda i: 9 - i // 10),
    ("subject_id", lambda i: int(i**0.7)), ("PassengerId", lambda i: 1001 + i // 3),
])
def test_an_id_that_repeats_in_the_order_of_the_rows_is_kept_and_named_in_a_note(write, header, first):
    """1, 1, 2, 2 … gives away the sorted classes as 1, 2, 3 … does; but a row may be a row of a field."""
    table = load_table(write(noise(header, first)), "kind")
    name = header or "column 1"
    assert table.data.feature_names == (name, "a", "b")
    assert any(f"in the order of the rows: {name!r}. They are used as features. If they only number the rows" in note
               for note in table.notes)


@pytest.mark.parametrize(("header", "first"), [
    ("month", lambda i: i // 8 + 1), ("year", lambda i: 2000 + i // 2), ("dose", lambda i: i // 10),
    ("row", lambda i: i % 9), ("no", lambda i: i // 45), ("subject_id", lambda i: (7 * i % 90) // 2),
    ("id", lambda i: i // 2 / 4),
])
def test_a_sorted_column_that_is_not_named_like_an_id_and_an_id_in_no_order_get_no_note(write, header, first):
    table = load_table(write(noise(header, first)), "kind")
    assert table.data.feature_names == (header, "a", "b")
    assert not any("left out" in note or "order of the rows" in note for note in table.notes)


def test_what_only_its_values_make_a_row_number_is_kept_and_named_in_a_note(write):
    table = load_table(write(noise("year", lambda i: 1930 + i)), "kind")
    assert table.data.feature_names == ("year", "a", "b")
    assert any("each once, like row numbers: 'year'. They are used as features" in note for note in table.notes)


def test_the_last_feature_is_never_left_out_for_its_name(write):
    table = load_table(write(csv_text("id,y", [[str(i), str(3 * i + 1)] for i in range(30)])), "y", wanted="numbers")
    assert table.data.feature_names == ("id",)
    assert any("'id' looks like an id" in note and "the only feature" in note for note in table.notes)


@pytest.mark.parametrize("names", [("1000001", "1000002"), ("20240101", "20240102", "20240103"),
                                   ("0.1234567", "0.1234568"), ("007", "008"), ("1e3", "2e3"), ("1.50", "2.50")])
def test_classes_are_named_as_they_stand_in_the_file(write, names):
    path = write(csv_text("a,y", [[str(i * i), names[i % len(names)]] for i in range(60)]))
    table = load_table(path, "y")
    assert table.data.class_names == names
    assert any(", ".join(names) in note for note in table.notes)


@pytest.mark.parametrize("names", [("Mild", "None", "Severe"), ("AS", "EU", "NA"), ("high", "low", "none")])
def test_a_word_that_could_mean_missing_is_a_class_among_words_and_said_to_be(write, names):
    path = write(csv_text("a,severity", [[str(i * i), names[i % 3]] for i in range(120)]))
    table = load_table(path, "severity")
    assert table.data.class_names == names and len(together(table)) == 120
    word = next(name for name in names if name.lower() in ("none", "na"))
    assert any(f"{word!r} is taken as a value in column 'severity' (40 rows)" in note and f"--missing {word!r}" in note
               for note in table.notes)

    table = load_table(path, "severity", missing=[word])
    assert table.data.class_names == tuple(name for name in names if name != word) and len(together(table)) == 80
    assert any(f"'severity' 40 (40 × {word.lower()!r})" in note for note in table.notes)


def test_among_numbers_the_same_words_are_missing_and_counted_by_word(write):
    text = edited(line4_age="NA", line5_age="None", line6_age="NA", line9_age="", line11_age="1e999")
    table = load_table(write(text), "income")
    assert len(together(table)) == 25
    counts = "'age' 5 (2 × 'na', 1 × 'none', 1 × empty, 1 × too large to be squared, above 1e+150)"
    assert any(counts in note for note in table.notes)


def test_the_words_for_missing_are_the_users_to_name_numbers_too(write):
    lines = [[a, "-" if i % 3 else c, "-999" if i == 5 else b] for i, (a, c, b) in enumerate(rows())]
    path = write(csv_text(lines=lines))
    with pytest.raises(DataError, match=r"no column is left.*'city' is left out: 20 of 30"):
        load_table(write(csv_text("city,income", [line[1:] for line in lines])), "income", wanted="numbers")
    table = load_table(path, "city", missing=["-999"])
    assert table.data.class_names == ("-", "Rome") and len(together(table)) == 29


def test_infinity_is_a_word_among_words(write):
    words = ("Infinity", "Zero", "One")
    table = load_table(write(csv_text("a,y", [[str(i * i), words[i % 3]] for i in range(60)])), "y")
    assert table.data.class_names == tuple(sorted(words)) and len(together(table)) == 60


def test_categories_are_named_by_the_table(write):
    assert load_table(write(csv_text()), "income").categories == ("city",)


def test_no_two_features_have_one_name(write):
    header = ",city = Rome,column 1,city,y"
    lines = [[f"{i * i / 7}", str(i % 4), str(i * i), ("Rome", "Oslo", "Bern")[i % 3], str(i / 3)] for i in range(60)]
    names = load_table(write(csv_text(header, lines)), "y", wanted="numbers").data.feature_names
    assert len(set(names)) == len(names) == 6
    assert {"city = Rome", "city = Rome (2)", "column 1", "column 1 (2)"} <= set(names)


@pytest.mark.parametrize(("text", "words"), [
    ("sep=;\n" + csv_text(delimiter=";"), "'sep=', is a note to Excel.*delete that line"),
    ("sep=,\n" + csv_text(), "'sep=', is a note to Excel"),
    (csv_text("city,income"), "line 2: expected 2 fields, as in the header, got 3. Is the name of the first"),
    (csv_text(lines=[[*row, ""] for row in rows()]), "got 4. Every line ends with a comma"),
    (csv_text(lines=[*rows(), ["1", "x" * 200_000, "2"]]), "line 32: a field there has over 131,072 characters"),
])
def test_what_is_nearly_a_table_is_told_what_it_lacks(write, text, words):
    with pytest.raises(DataError, match=words):
        load_table(write(text), "income")


@pytest.mark.slow
def test_a_header_of_twenty_thousand_names_is_looked_at_once(write):
    header = ",".join(f"c{i}" for i in range(20_000))
    start = time.process_time()
    with pytest.raises(DataError, match="a header and no rows"):
        load_table(write(header + "\n"), "c7")
    assert time.process_time() - start < 2


@pytest.mark.parametrize("header", ['"a" "b" "kind"', '"" "a" "b" "kind"', "row a b kind"])
def test_a_table_of_fields_between_spaces_is_told_what_to_do(tmp_path, header):
    path = tmp_path / "table.txt"
    path.write_text(header + "\n" + "".join(f'"{i}" {i * i} 2.5 "x{i % 2}"\n' for i in range(30)), encoding="utf-8")
    with pytest.raises(DataError, match=r"separated by spaces.*write\.csv"):
        load_table(path, "kind")


def test_a_single_column_of_sentences_is_not_said_to_be_separated_by_spaces(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("what was said\nyes\nno\nnot at all\n" * 10, encoding="utf-8")
    with pytest.raises(DataError, match="at least two column names"):
        load_table(path, "kind")


GROUPED = [("900", "2,5"), ("1.500", "3,25"), ("12.000", "0,5")]


def test_a_point_separates_thousands_where_another_column_has_decimal_commas(tmp_path):
    path = tmp_path / "table.csv"
    rows = [f"{a};{b};x{i % 2}\n" for i in range(20) for a, b in GROUPED]
    path.write_text("price;size;kind\n" + "".join(rows), "utf-8")
    table = load_table(path, "kind")
    assert set(table.data.train.X[:, 0]) == {900, 1500, 12000} and set(table.data.train.X[:, 1]) == {2.5, 3.25, 0.5}
    assert not any("decimal point" in note for note in table.notes)


def test_a_point_or_a_comma_that_may_separate_thousands_is_told(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("price;kind\n" + "".join(f"{a};x{i % 2}\n" for i in range(20) for a, _ in GROUPED), "utf-8")
    table = load_table(path, "kind")
    assert set(table.data.train.X[:, 0]) == {900, 1.5, 12}
    assert any(note.startswith("Column 'price': 1.500 is read with a decimal point. ") for note in table.notes)
    path.write_text(path.read_text("utf-8").replace(".", ","), "utf-8")
    assert any(note.startswith("Column 'price': 1,500 is read with a decimal comma. If the comma separates thousands, ")
               for note in load_table(path, "kind").notes)
    path.write_text("share;kind\n" + "".join(f"0.{100 + i};x{i % 2}\n" for i in range(60)), "utf-8")
    assert not any("decimal point" in note for note in load_table(path, "kind").notes)


def test_a_column_of_words_gets_no_note_on_its_points(tmp_path):
    path = tmp_path / "table.csv"
    rows = [f"{('v1', 'v2', '1.500')[i % 3]};{i * i};x{i % 2}\n" for i in range(60)]
    path.write_text("version;size;kind\n" + "".join(rows), "utf-8")
    assert not any("decimal point" in note for note in load_table(path, "kind").notes)


@pytest.mark.parametrize(("scale", "words"), [
    (1e300, r"30 of 30 rows have no number that can be used \(30 × too large to be squared, above 1e\+150\) in the "
            r"target 'y'.* use another unit, or choose another column\."),
    (1e-200, r"the numbers of the target 'y' are too small to be squared, below 1e-150\. Use another unit"),
])
def test_a_target_whose_squares_are_beyond_float64_is_told_with_the_reason(write, scale, words):
    path = write(csv_text("a,y", [[str(i), str((1 + i) * scale)] for i in range(30)]))
    with pytest.raises(DataError, match=words):
        load_table(path, "y", wanted="numbers")


def test_features_and_rows_with_numbers_beyond_float64_are_told_with_the_reason(write):
    first = {0: "1e300", 1: "1e300", 2: "inf"}
    rows = [[str(i % 7), f"{1 + i}e300", f"{1 + i}e-200", first.get(i, str(i * i))] for i in range(40)]
    notes = load_table(write(csv_text("a,large,tiny,y", rows)), "y", wanted="numbers").notes
    assert "Column 'large' is left out: 40 of 40 rows have no number that can be used (40 × too large to be squared, " \
           "above 1e+150)." in notes
    assert "Column 'tiny' is left out: its numbers are too small to be squared, below 1e-150." in notes
    assert any("3 rows lack a value or have one that is infinite or too large" in note
               and "'y' 3 (2 × too large to be squared, above 1e+150, 1 × infinite)" in note for note in notes)
