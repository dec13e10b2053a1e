"""What flows: one folder a stage, nodes of a few lines each. Stages meet in the catalog, never in an import."""
