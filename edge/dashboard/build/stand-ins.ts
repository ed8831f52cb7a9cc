// What stands in for parts of packages that a component in the first view names and does not need there.
import { zeroRightClassName } from 'react-remove-scroll-bar/constants';

/** Of what keeps the page from scrolling behind a window, the frame of the pages takes the name of a class alone. */
export const RemoveScroll = { classNames: { zeroRight: zeroRightClassName } };

/** Tables that are too wide scroll as the browser has it: see the theme. */
export const ScrollArea = 'div';
