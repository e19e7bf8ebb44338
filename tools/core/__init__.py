"""The nouns every tool shares: columns, dataset, facts and findings, contract, ports, errors.

This package knows nothing of chat, of models, of files a shop exports, nor of any one method.
"""
