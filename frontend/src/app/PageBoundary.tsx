import { Component, type ReactNode } from 'react';
import Button from 'react-bootstrap/Button';
import { useFocusOutlives } from './focus';
import { CodeMissing } from './later';

type Props = { children: ReactNode };
type State = { trouble: 'none' | 'broken' | 'missing' };

/** A page that breaks, or does not come, leaves the rest of the shop standing. */
// biome-ignore lint/style/useReactFunctionComponents: only a class can catch what its children throw
export class PageBoundary extends Component<Props, State> {
  override state: State = { trouble: 'none' };

  static getDerivedStateFromError(error: unknown): State {
    return { trouble: error instanceof CodeMissing ? 'missing' : 'broken' };
  }

  override render() {
    switch (this.state.trouble) {
      case 'broken':
        return <Broken tryAgain={() => this.setState({ trouble: 'none' })} />;
      case 'missing':
        return (
          <div className="quiet-state" role="alert">
            <h1>This page did not come</h1>
            <p>
              Either there is no connection to the shop, or it has been renewed since you opened it. Loading
              the page again brings what is there now. Your cart is safe.
            </p>
            <Button onClick={() => window.location.reload()}>Load again</Button>
          </div>
        );
      default:
        return this.props.children;
    }
  }
}

function Broken({ tryAgain }: { tryAgain: () => void }) {
  const part = useFocusOutlives<HTMLDivElement>();
  return (
    <div ref={part} className="quiet-state" role="alert">
      <h1>This page broke</h1>
      <p>That is our mistake, not yours. Your cart is safe. Try the page again, or go on elsewhere.</p>
      <Button onClick={tryAgain}>Try again</Button>
    </div>
  );
}
