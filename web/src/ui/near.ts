// Whether an element is in or near the part of a list that is in sight. What is far away is
// drawn as a box of its last height, so hundreds of turns cost little.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const MARGIN = "1200px 0px";

/** What flies by is not drawn. */
const SETTLE_MS = 60;

type Watch = (near: boolean) => void;

const watches = new WeakMap<Element, Watch>();
const observers = new WeakMap<Element, IntersectionObserver>();

function observerOf(scroller: Element): IntersectionObserver {
  const known = observers.get(scroller);
  if (known) return known;
  const made = new IntersectionObserver(
    (changes) => changes.forEach((change) => watches.get(change.target)?.(change.isIntersecting)),
    { root: scroller, rootMargin: MARGIN },
  );
  observers.set(scroller, made);
  return made;
}

export function useNear(element: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>, always: boolean): boolean {
  const [near, setNear] = useState(always);
  useEffect(() => {
    const target = element.current;
    if (!target || !scroller.current || always) return undefined;
    const observer = observerOf(scroller.current);
    let timer: ReturnType<typeof setTimeout> | undefined;
    watches.set(target, (isNear) => {
      clearTimeout(timer);
      timer = setTimeout(() => setNear(isNear), isNear ? SETTLE_MS : 0);
    });
    observer.observe(target);
    return () => {
      clearTimeout(timer);
      observer.unobserve(target);
    };
  }, [always, element, scroller]);
  return near || always;
}
