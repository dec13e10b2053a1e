"""The order of mixed pages: which page of a document comes first, second, …"""
