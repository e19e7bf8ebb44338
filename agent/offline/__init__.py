"""Understands and answers without a model: language, intent, slots, plan, wording."""
