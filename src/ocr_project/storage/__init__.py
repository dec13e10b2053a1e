"""How rows, vectors and records rest on disk: written whole or not at all. It knows no stage and no Kedro."""
