"""`gainful completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say


@click.command(short_help="Print shell completion for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print shell completion; put it where your shell reads it.

    \b
      bash   gainful completion bash > ~/.local/share/bash-completion/completions/gainful
      zsh    gainful completion zsh > "${fpath[1]}/_gainful"
      fish   gainful completion fish > ~/.config/fish/completions/gainful.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    # bash's class asks the installed bash for its version; the script itself does not need that.
    script = made.source_template % made(ctx.find_root().command, {}, "gainful", "_GAINFUL_COMPLETE").source_vars()
    if isinstance(ctx.obj, Context) and ctx.obj.as_json:
        emit({"shell": shell, "script": script})
    else:
        say(script)
