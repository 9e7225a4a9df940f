"""What whoever runs VillaOps looks at: metrics, reports of errors, traces, backups."""
