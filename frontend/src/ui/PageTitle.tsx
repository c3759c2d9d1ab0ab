export function PageTitle({ children }: { children: string }) {
  return <title>{`${children} · Fleetmarket`}</title>;
}
