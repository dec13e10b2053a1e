"""What a run needs of the machine, looked at before its first page; and `kedro doctor`. It builds backends, so it

stands above the engine.
"""
