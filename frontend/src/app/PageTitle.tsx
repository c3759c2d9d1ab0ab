/** The name of the page in the browser's tab, and what is read out on arriving. */
export function PageTitle({ children }: { children: string }) {
  return <title>{`${children} · Fleetmarket`}</title>;
}
