"""How results say numbers of things."""


def counted(n: int, one: str, many: str | None = None) -> str:
    """Say how many there are: "1 bar", "1,200 bars"; `many` where the plural has no s alone."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
