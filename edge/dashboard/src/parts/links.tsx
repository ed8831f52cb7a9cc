// Mantine's links and buttons as links of the router.
import {
  Anchor,
  type AnchorProps,
  Badge,
  type BadgeProps,
  Button,
  type ButtonProps,
  NavLink,
  type NavLinkProps,
} from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type Own<P> = P & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P> & { ref?: Ref<HTMLAnchorElement> };

export const LinkAnchor = createLink((props: Own<AnchorProps>) => <Anchor inherit {...props} />);
export const LinkButton = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />);
export const LinkBadge = createLink((props: Own<BadgeProps>) => <Badge component="a" {...props} />);
export const LinkNav = createLink((props: Own<NavLinkProps>) => <NavLink component="a" {...props} />);
