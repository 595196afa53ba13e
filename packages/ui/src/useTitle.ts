import { useEffect } from 'react';

/** Name the page in the tab, and let a screen reader begin at its heading. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Моя ❤ скидка`;
    // A field that asked for the focus keeps it.
    if (document.activeElement instanceof HTMLInputElement) return;
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }, [title]);
}
