from synalinks.integrations._mlflow import Monitor, disable_observability, enable_observability

__all__ = ["Monitor", "disable_observability", "enable_observability"]
