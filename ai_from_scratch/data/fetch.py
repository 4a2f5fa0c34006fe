"""Finds a published file: in the user's folder, in the cache, or at a mirror, checked by its SHA-256.

`find` finds all files of a set at once. It never raises for a network, a server or a disk that fails: then there are no
paths, and `source` says why.  A mistake in the user's own folder is an error: the search does not silently continue at
the next place.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ai_from_scratch.data.dataset import DataError
from ai_from_scratch.data.download import Downloader, DownloadError, TimeLimits, reason

FOLDER_VARIABLE = "AI_FROM_SCRATCH_DATA"      # environment: the user's own folder, with the structure of the cache
CACHE_VARIABLE = "AI_FROM_SCRATCH_CACHE"     # environment: a folder for downloads, instead of the system's cache folder
TIME_LIMITS = TimeLimits()
failed_hosts: dict[str, str] = {}    # host -> reason; this process does not ask a host again that has failed


class Remote(NamedTuple):
    """A published file: its place in folder and cache ("mnist/x.gz"), the addresses to try, its SHA-256 in hex."""

    path: str
    urls: tuple[str, ...]
    sha256: str


class Found(NamedTuple):
    """The paths of the files, one for each; no paths at all if one file is missing."""

    paths: tuple[Path, ...]
    source: str          # in words, without a path of this machine, because it is published with results


def find(files: Sequence[Remote], *, download: bool) -> Found:
    """Searches the folder, then the cache, then (if `download`) the mirrors.  Raises DataError only for mistakes in the
    folder."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return _in_folder(Path(os.path.expanduser(named)), files)
    cache = cache_folder()
    paths = tuple(cache / file.path for file in files)
    wanted = [file for file in files if not _is_intact(cache / file.path, file.sha256)]
    if not wanted:
        return Found(paths, "cache")
    if not download:
        return Found((), "not in the cache, and no download was asked for")
    try:
        hosts = dict.fromkeys(_download(file, cache) for file in wanted)
    except DownloadError as error:
        return Found((), f"download failed: {error}")
    return Found(paths, f"downloaded from {' and '.join(hosts)}")


def cache_folder() -> Path:
    """The folder for downloads: AI_FROM_SCRATCH_CACHE, or this system's folder for caches."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(os.path.expanduser(named))
    import pooch

    return Path(pooch.os_cache("ai-from-scratch-numpy"))


def _in_folder(folder: Path, files: Sequence[Remote]) -> Found:
    paths = tuple(_packed_or_not(folder / file.path) for file in files)
    for file, path in zip(files, paths, strict=True):
        if not path.is_file():
            came = f"there is no {file.path} in it" if folder.is_dir() else "there is no such folder"
            raise DataError(
                f"{FOLDER_VARIABLE} names {folder}, where {', '.join(f.path for f in files)} should be, but {came}. "
                f"Put the files there, or unset {FOLDER_VARIABLE} to have them downloaded."
            )
    return Found(paths, f"folder of {FOLDER_VARIABLE}")


def _packed_or_not(path: Path) -> Path:
    """The path, or that of the unpacked file if only this one is there."""
    unpacked = path.with_suffix("")
    return unpacked if path.suffix == ".gz" and not path.is_file() and unpacked.is_file() else path


def _is_intact(path: Path, sha256: str) -> bool:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _download(file: Remote, cache: Path) -> str:
    """Fetches one file into the cache from the first mirror that gives it completely; returns the mirror's host.

    pooch writes to a temporary name, compares the checksum, then renames the file, or deletes it if it is wrong.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    target = cache / file.path
    hosts = [urlsplit(url).netloc for url in file.urls]
    for host, url in zip(hosts, file.urls, strict=True):
        if host in failed_hosts:
            continue
        try:
            pooch.retrieve(
                url, f"sha256:{file.sha256}", fname=target.name, path=target.parent, downloader=Downloader(TIME_LIMITS)
            )
            return host
        except DownloadError as error:
            failed_hosts[host] = str(error)
        except OSError as error:
            raise DownloadError(
                f"cannot write to the cache {cache}: {reason(error)} ({CACHE_VARIABLE} moves it)") from error
        except ValueError:
            failed_hosts[host] = f"{target.name} failed its SHA-256 check and was deleted"
    raise DownloadError("; ".join(f"{host}: {failed_hosts[host]}" for host in hosts))
