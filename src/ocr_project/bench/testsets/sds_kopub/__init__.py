"""SDS-KoPub-VDR: 600 questions to 40,781 pages of Korean public documents, scored by retrieval."""
