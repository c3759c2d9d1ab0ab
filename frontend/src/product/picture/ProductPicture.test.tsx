import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { motifFor, ProductPicture } from './ProductPicture';

function markupOf(name: string, categories: string[]): string {
  return render(<ProductPicture name={name} categories={categories} />).container.innerHTML;
}

describe('the picture of a product', () => {
  it('given a product, when it is drawn twice, then both pictures are equal', () => {
    expect(markupOf('oak chair', ['furniture'])).toBe(markupOf('oak chair', ['furniture']));
  });

  it('given a thousand products of one category, when they are drawn, then no two pictures are equal', () => {
    const pictures = Array.from({ length: 1000 }, (_, index) => markupOf(`thing ${index}`, ['kitchen']));
    expect(new Set(pictures).size).toBe(1000);
  });

  it.each([
    ['teddy bear', 'headphones'],
    ['teak table', 'tea'],
    ['tin foil', 'oil'],
    ['cupboard', 'cup'],
  ])('given a %s, when it is drawn, then it does not look like %s', (name, other) => {
    expect(motifFor(name, [], 0)).not.toBe(motifFor(other, [], 0));
  });

  it('given any name, when it is drawn, then all numbers are valid', () => {
    for (const name of ['', 'laptop', 'чайник', '__proto__', 'constructor', '😀']) {
      expect(markupOf(name, ['constructor'])).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});
