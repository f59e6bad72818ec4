import type { SeededRandom } from "../seeded-random.ts";

/** What customers write: plain, and what breaks software that counts bytes, code units or columns. */
const sentences = [
  "Hello, my order has not arrived yet.",
  "Where is my parcel? It was due on Monday.",
  "ok",
  "?",
  "thanks!",
  "I was charged twice for the same booking, can you look into it please",
  "Line one\nline two\r\nline three\ttabbed",
  '"quoted" \\backslash\\ {"json": true} <b>&amp;</b> \'; DROP TABLE --',
  "Grüße aus Köln, die Straße heißt „Hauptstraße“",
  "Комплект пришёл без зарядки, что делать?",
  "你好，我的订单还没有发货。",
  "すみません、注文をキャンセルできますか？",
  "주문 상태를 알고 싶어요",
  "สวัสดีครับ สินค้ายังไม่มา",
  "मेरा ऑर्डर अभी तक नहीं आया",
  "مرحبا، أين طلبي رقم 4711؟",
  "שלום, ההזמנה שלי לא הגיעה (order 4711)",
  "mixed \u202bעברית\u202c and English \u200e123",
  "😀😅🙏🏽 family 👨‍👩‍👧‍👦 flag 🇩🇪🏴󠁧󠁢󠁳󠁣󠁴󠁿 keycap 1️⃣",
  "combining: e\u0301 versus \u00e9, Z\u0351\u036b\u0343a\u0329\u034bl\u0361g\u0334o\u031b",
  "beyond the basic plane: 𝒳𝔘 𠮷野家 𐍈 𓀀",
  "zero\u200bwidth\u200djoiner\ufeffmark, non\u00a0breaking, soft\u00adhyphen",
  "control \u0001\u001f\u007f and separators \u2028\u2029",
] as const;

const names = [
  "Ana Silva",
  "Jürgen Groß",
  "李小龙",
  "محمد علي",
  "Olga Ö. 🦊",
  "Seán O'Brien",
  "null",
  "José\u0301",
] as const;

/** Greatest length of a text in the contract. */
const charactersMax = 65_536;
const longShare = 0.02;

/** A customer's name, of any script. */
export function nameOf(random: SeededRandom): string {
  return random.pick(names);
}

/** One to three sentences behind the marker; one text in fifty is long, up to 64 Ki characters. */
export function textOf(marker: string, random: SeededRandom): string {
  // Drawn on a scale of powers, so that every order of length up to the greatest occurs.
  const length = random.fraction() < longShare ? Math.round(2 ** (8 + 8 * random.fraction())) : 0;
  const parts = [marker, random.pick(sentences)];
  let characters = parts.join(" ").length;
  const isWanted = (): boolean => characters < length || (length === 0 && parts.length < 4 && random.fraction() < 0.3);
  while (isWanted()) {
    const sentence = random.pick(sentences);
    characters += sentence.length + 1;
    if (characters > charactersMax) break;
    parts.push(sentence);
  }
  return parts.join(" ");
}
