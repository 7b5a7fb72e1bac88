"""What is made of all communes together."""


rule publish:
    """Write the release: GeoParquet, tiles, findings, maps, manifest."""
    input:
        sorted(Path(HOME).glob("*/load/receipt.json")),
    output:
        f"{HOME}/release/manifest.json",
    log:
        f"{HOME}/logs/publish.log",
    params:
        code=fingerprint("publish"),
    shell:
        "{DIACHINH} step publish > {log} 2>&1"
