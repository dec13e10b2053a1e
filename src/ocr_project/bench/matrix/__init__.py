"""Models, prompts, frameworks and resolutions side by side: what is run, what it cost, which is the best.

user_config    what a person asks for, as VLMHyperBench's files say it
registry       its list of models
given_files    tables that were written elsewhere
plan           the runs that follow from it, each with a key and a folder
pareto         which models no other one beats
resolution     the lowest resolution that is not worse
cost           times, memory, energy and money of a run
"""
