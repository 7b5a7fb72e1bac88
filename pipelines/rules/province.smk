"""What is made of all communes together."""


rule province:
    """Check the communes against each other: duplicates, borders, totals."""
    output:
        "province/summary.json",
    log:
        "logs/province.log",
    params:
        loaded=digest(sorted(HOME.glob("*/load/receipt.json"))),
        statistics=digest(statistics_files(config.get("settings"))),
        code=fingerprint("province"),
    shell:
        "{DIACHINH} step province > {log} 2>&1"


rule publish:
    """Write the release: GeoParquet, tiles, findings, maps, manifest."""
    output:
        # Not the manifest itself: Snakemake removes outputs before it starts a job, and the release stays readable.
        touch("publish/done"),
    log:
        "logs/publish.log",
    params:
        # What was loaded is a parameter, not an input: a commune that fails now must not keep the others, or what it
        # loaded before, from being published.
        loaded=digest(sorted(HOME.glob("*/load/receipt.json"))),
        code=fingerprint("publish"),
    shell:
        "{DIACHINH} step publish > {log} 2>&1"
