import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { QuantityStepper } from './QuantityStepper';

function shown(quantity: number, most: number) {
  const change = vi.fn<(quantity: number) => void>();
  render(<QuantityStepper label="Chair" quantity={quantity} most={most} change={change} />);
  return { change, user: userEvent.setup(), input: screen.getByRole('textbox', { name: 'Quantity: Chair' }) };
}

describe('the quantity stepper', () => {
  it('given the least and the most, when they are reached, then there is no step beyond and the focus stays', async () => {
    const { change, user } = shown(1, 1);
    for (const name of ['Fewer: Chair', 'More: Chair']) {
      const button = screen.getByRole('button', { name });
      await user.click(button);
      expect(button).toHaveAttribute('aria-disabled', 'true');
      expect(button).toHaveFocus();
    }
    expect(change).not.toHaveBeenCalled();
  });

  it('given a number that is typed, when the field is left, then it is bounded by what there is', async () => {
    const { change, user, input } = shown(1, 30);
    await user.clear(input);
    await user.type(input, '4x5');
    expect(change).not.toHaveBeenCalled();
    await user.tab();
    expect(change).toHaveBeenLastCalledWith(30);
  });

  it('given nothing that is typed, when Enter is pressed, then the quantity stays', async () => {
    const { change, user, input } = shown(7, 30);
    await user.clear(input);
    await user.keyboard('{Enter}');
    expect(change).not.toHaveBeenCalled();
    expect(input).toHaveValue('7');
  });
});
