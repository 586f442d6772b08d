# shellcheck shell=sh
# For login shells of the development image.
if [ -d "$HOME/.local/bin" ]; then
  PATH="$HOME/.local/bin:$PATH"
fi
export PAGER=less LESS=FRX
