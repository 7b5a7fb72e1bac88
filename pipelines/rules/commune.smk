"""The way of one commune: package, digitize, normalize, validate, load."""


rule package:
    """Take stock of the package: every file, layer, encoding and CRS."""
    input:
        lambda wildcards: package_files(PACKAGES[wildcards.commune]),
    output:
        "{commune}/package/inventory.json",
    log:
        "{commune}/logs/package.log",
    params:
        path=lambda wildcards: PACKAGES[wildcards.commune],
        code=fingerprint("package"),
    shell:
        "{DIACHINH} step package {wildcards.commune} --package {params.path:q} > {log} 2>&1"


rule digitize:
    """Turn drawings into faces with their labels, and layers into parcels."""
    input:
        rules.package.output,
    output:
        "{commune}/digitize/parcels.parquet",
    log:
        "{commune}/logs/digitize.log",
    params:
        code=fingerprint("digitize"),
    shell:
        "{DIACHINH} step digitize {wildcards.commune} > {log} 2>&1"


rule normalize:
    """Bring every value to the schema: text, codes, numbers, dates, names, identifiers."""
    input:
        rules.package.output,
        rules.digitize.output,
    output:
        "{commune}/normalize/thua_dat.parquet",
    log:
        "{commune}/logs/normalize.log",
    params:
        code=fingerprint("normalize"),
    shell:
        "{DIACHINH} step normalize {wildcards.commune} > {log} 2>&1"


rule validate:
    """Find what is wrong, grade every parcel, decide on the commune."""
    input:
        rules.normalize.output,
    output:
        "{commune}/validate/verdict.json",
    log:
        "{commune}/logs/validate.log",
    params:
        code=fingerprint("validate"),
    shell:
        "{DIACHINH} step validate {wildcards.commune} > {log} 2>&1"


rule load:
    """Write one release of the commune into the land database, in one transaction."""
    input:
        rules.validate.output,
    output:
        "{commune}/load/receipt.json",
    log:
        "{commune}/logs/load.log",
    resources:
        store=1,
    params:
        code=fingerprint("load"),
    shell:
        "{DIACHINH} step load {wildcards.commune} > {log} 2>&1"
