"""vcf-cds: CDS Hooks service for vertebral compression fractures. Clinical content is not yet clinically reviewed."""
