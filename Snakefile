"""`snakemake --cores 2 --config inbox=build/samples/inbox` does what `diachinh run` does; see pipelines/rules."""


include: "pipelines/rules/pipeline.smk"
