"""From chosen actions to a changed shop: build, policy, diff, approval, apply, rollback."""
