import { ThemeChoice } from '../theme/ThemeChoice';

export function Footer() {
  return (
    <footer className="footer">
      <div className="page-width">
        <p>Fleetmarket. What we show is what we have.</p>
        <ThemeChoice />
      </div>
    </footer>
  );
}
