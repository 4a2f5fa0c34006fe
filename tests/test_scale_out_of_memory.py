"""Tables larger than the memory: blocks of a file, pages given back, four models fitted."""

import mmap
import re

import numpy as np
import pytest

from ai_from_scratch.data.blocks import Blocks
from benchmarks import out_of_memory
from benchmarks.memory import peak


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.npy"
    np.save(path, np.arange(210.0).reshape(70, 3))
    return path


def test_the_blocks_of_a_file_are_its_rows_once_each_pass(table):
    blocks = Blocks(table, 32)
    assert (len(blocks), blocks.shape, blocks.dtype) == (3, (70, 3), np.float64)
    for _ in range(2):
        assert np.array_equal(np.vstack([rows.copy() for rows in blocks]), np.load(table))
    assert blocks.passes == 2


def test_a_shuffled_pass_has_each_row_once_in_another_order_within_its_block(table):
    seen = list(Blocks(table, 32, np.random.default_rng(0)))
    rows = np.vstack(seen)
    assert not np.array_equal(rows, np.load(table)) and np.array_equal(rows[rows[:, 0].argsort()], np.load(table))
    assert all(len({int(row) // 32 for row in block[:, 0] / 3}) == 1 for block in seen)


@pytest.mark.slow
def test_pages_that_were_read_are_given_back(tmp_path):
    if peak(lambda: None)[1] is None or not hasattr(mmap.mmap, "madvise"):
        pytest.skip("this system does not report the resident memory, or has no madvise")
    path = tmp_path / "table.npy"
    np.save(path, np.ones((64, 2**17)))                          # 64 MB
    mapped_whole = peak(lambda: np.load(path, mmap_mode="r").sum())[1]
    total, in_blocks = peak(lambda: sum(rows.sum() for rows in Blocks(path, 4)))
    assert mapped_whole is not None and in_blocks is not None
    assert total == 2**23 and in_blocks < mapped_whole - 40 * 2**20


def test_what_is_no_table_is_told(tmp_path, table):
    (tmp_path / "text.npy").write_text("1,2,3")
    with pytest.raises(ValueError, match=r"is no \.npy file"):
        Blocks(tmp_path / "text.npy")
    with pytest.raises(ValueError, match="at least one row"):
        Blocks(table, 0)


@pytest.mark.slow
def test_the_command_fits_four_models_prints_their_peaks_and_deletes_its_table(tmp_path, capsys):
    assert out_of_memory.main(["--gigabytes", "0.005", "--folder", str(tmp_path), "--rows", "4096",
                               "--megabytes", "4096"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if re.search(r"\| [\d,]+ MB \|", line)]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == list(out_of_memory.FITS)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_fit_with_more_memory_ends_with_exit_code_1(tmp_path, capsys):
    if peak(lambda: None)[1] is None:
        pytest.skip("this system does not report the resident memory")
    assert out_of_memory.main(["--gigabytes", "0.002", "--folder", str(tmp_path), "--megabytes", "1"]) == 1
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "words"), [
    (["--folder", "{}/none"], "is no folder"), (["--folder", "{}", "--gigabytes", "0"], "has to be above 0"),
    (["--folder", "{}/full"], "exists already")])
def test_wrong_arguments_are_told(tmp_path, capsys, arguments, words):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "out_of_memory.npy").touch()
    with pytest.raises(SystemExit) as exit:
        out_of_memory.main([argument.format(tmp_path) for argument in arguments])
    assert exit.value.code == 2 and words in " ".join(capsys.readouterr().err.split())
