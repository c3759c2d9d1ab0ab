import { ThemeChoice } from '../theme/ThemeChoice';

export function Footer() {
  return (
    <footer className="footer">
      <div className="page-width">
        <p>© Fleetmarket</p>
        <ThemeChoice />
      </div>
    </footer>
  );
}
