"""All SQL, the migrations, and secrets at rest."""
