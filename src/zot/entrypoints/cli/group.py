"""A question, or a command: the first word decides."""

from __future__ import annotations

import click


class AskOrCommand(click.Group):
    """Take the first word as a command where it is one, and all words as a question else.

    `-p` and `--` before the first word always ask.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split the arguments into options and a question, or a command with its own."""
        position = self._command_position(args)
        ctx.allow_interspersed_args = True
        if position is None:
            rest = click.Command.parse_args(self, ctx, args)
            ctx._protected_args = []  # noqa: SLF001 (a question has no command)
            ctx.args = []
            return rest
        click.Command.parse_args(self, ctx, args[:position])
        ctx._protected_args = [args[position]]  # noqa: SLF001 (where click keeps the command)
        ctx.args = args[position + 1 :]
        return ctx.args

    def _command_position(self, args: list[str]) -> int | None:
        takes_value = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count
            for name in parameter.opts
        }
        index = 0
        while index < len(args):
            word = args[index]
            if word == "--" or word in {"-p", "--print"}:
                return None
            if not word.startswith("-") or word == "-":
                return index if word in self.commands else None
            index += 2 if word in takes_value else 1
        return None
