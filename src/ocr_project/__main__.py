"""`python -m ocr_project` is `ocr-project`."""

from ocr_project.front import main

if __name__ == "__main__":
    main()
