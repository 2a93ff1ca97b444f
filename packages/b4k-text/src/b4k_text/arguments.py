"""Decorators that give methods arguments or take them away, named as in `bert4keras.snippets`."""

from functools import wraps

__all__ = ["delete_arguments", "insert_arguments"]


def insert_arguments(**arguments):
    """Give a method (mostly `__init__`) more keyword arguments, each kept as an attribute.

    The attributes are there before the method itself runs.
    """

    def decorate(method):
        @wraps(method)
        def extended(self, *args, **kwargs):
            for name, default in arguments.items():
                setattr(self, name, kwargs.pop(name, default))
            return method(self, *args, **kwargs)

        return extended

    return decorate


def delete_arguments(*arguments):
    """Take keyword arguments away from a method (mostly `__init__`): given, they are an error."""

    def decorate(method):
        @wraps(method)
        def reduced(self, *args, **kwargs):
            for name in arguments:
                if name in kwargs:
                    raise TypeError(
                        f"{type(self).__name__} got an unexpected keyword argument {name!r}"
                    )
            return method(self, *args, **kwargs)

        return reduced

    return decorate
