"""A home to try agents in, beside an imitation of Slack."""

from gainful.app.trial.home import Trial, secrets_of, settings_of

__all__ = ["Trial", "secrets_of", "settings_of"]
