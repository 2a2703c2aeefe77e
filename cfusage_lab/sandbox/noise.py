"""Reproducible chance: the same numbers for the same keys, on every machine and in every year."""

from dataclasses import dataclass
from hashlib import blake2b

import polars as pl

__all__ = ["Noise"]


@dataclass(frozen=True, slots=True)
class Noise:
    """Chance that follows from a name and whole-number keys alone.

    It is computed column by column on purpose: as one expression, where every step stands twice, the
    same arithmetic takes several times as long to plan as to run.
    """

    name: str

    def bits(self, keys: pl.Series, use: str) -> pl.Series:
        """Scramble each key into 64 bits (the finalizer of SplitMix64; a shift is a division)."""
        seed = int.from_bytes(blake2b(f"{self.name}/{use}".encode(), digest_size=6).digest(), "big")
        z = (keys + seed).cast(pl.UInt64) * 0x9E3779B97F4A7C15
        z = (z ^ z // 2**30) * 0xBF58476D1CE4E5B9
        z = (z ^ z // 2**27) * 0x94D049BB133111EB
        return z ^ z // 2**31

    def uniform(self, keys: pl.Series, use: str) -> pl.Series:
        """Draw evenly from [0, 1)."""
        return (self.bits(keys, use) // 2**32).cast(pl.Float64) / 2**32

    def factor(self, keys: pl.Series, use: str, *, spread: float) -> pl.Series:
        """Draw a factor around 1, always positive; ``spread`` is its rough relative deviation."""
        bits = self.bits(keys, use)
        low, middle, high = ((bits // 2**shift % 2**16).cast(pl.Float64) for shift in (0, 16, 32))
        return (((low + middle + high) / 2**16 - 1.5) * (2 * spread)).exp()
