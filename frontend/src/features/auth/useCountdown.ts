import { useCallback, useEffect, useState } from 'react';

const SECOND_MS = 1000;

/** Whole seconds that are left, by the clock and not by ticks: a phone that slept has not stopped it. */
export function useCountdown(seconds: number): [left: number, restart: () => void] {
  const [endsAt, setEndsAt] = useState(() => Date.now() + seconds * SECOND_MS);
  const [now, setNow] = useState(() => Date.now());
  const left = Math.max(0, Math.ceil((endsAt - now) / SECOND_MS));
  useEffect(() => {
    if (left === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [left]);
  const restart = useCallback(() => {
    setNow(Date.now());
    setEndsAt(Date.now() + seconds * SECOND_MS);
  }, [seconds]);
  return [left, restart];
}
