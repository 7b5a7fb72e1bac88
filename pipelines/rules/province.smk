"""What is made of all communes together."""


rule publish:
    """Write the release: GeoParquet, tiles, findings, maps, manifest."""
    output:
        f"{HOME}/release/manifest.json",
    log:
        f"{HOME}/logs/publish.log",
    params:
        # What was loaded is a parameter, not an input: a commune that fails now must not keep the others, or what it
        # loaded before, from being published.
        loaded=digest(sorted(Path(HOME).glob("*/load/receipt.json"))),
        code=fingerprint("publish"),
    shell:
        "{DIACHINH} step publish > {log} 2>&1"
