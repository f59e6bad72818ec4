/** Digits of a bank card number (ISO/IEC 7812). */
const digitsMin = 13;
const digitsMax = 19;

/** Whether the digits of a text end in the check digit of a bank card number (Luhn's sum). */
export function hasLuhnSum(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/**
 * Where in a run of digits and separators a card number stands: whole groups next to each other, 13 to 19 digits, the
 * sum right. Other numbers may stand right beside it ("2 x 4111 1111 ..."), and a sum over all of them says nothing.
 */
export function findCardNumber(text: string): { start: number; end: number } | undefined {
  const groups = [...text.matchAll(/\d+/g)];
  for (const [first, group] of groups.entries()) {
    let digits = 0;
    for (const last of groups.slice(first)) {
      digits += last[0].length;
      if (digits > digitsMax) break;
      const end = last.index + last[0].length;
      if (digits >= digitsMin && hasLuhnSum(text.slice(group.index, end))) return { start: group.index, end };
    }
  }
  return undefined;
}
