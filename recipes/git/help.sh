#!/bin/sh
# What git-shell says to who logs in.
echo "This is a Git server. Commands: create NAME, list."
