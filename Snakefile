"""`snakemake --cores 2 --directory build --config inbox=$PWD/inbox` does what `diachinh run inbox` does."""


include: "pipelines/rules/pipeline.smk"
