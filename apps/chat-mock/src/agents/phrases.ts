/** What agents say: short and long, several scripts, combining marks, emoji beyond the basic plane, line breaks. */
export const phrases: readonly string[] = [
  "Hello, how may I help you?",
  "Thank you, let me look that up for you.",
  "One moment please …",
  "Your order left our warehouse this morning.",
  "Could you tell me the number on the invoice?\nIt begins with two letters.",
  "I have changed the address. Is there anything else?",
  "Guten Tag, ich prüfe das gerne für Sie – einen Augenblick.",
  "Für 12 € Aufpreis geht es auch über Nacht.",
  "Merci de votre patience, j’ai trouvé votre dossier.",
  "Добрый день! Проверяю информацию.",
  "お待たせいたしました。ご注文を確認しました。",
  "مرحبًا، كيف يمكنني مساعدتك؟",
  "שלום, אני בודקת את זה עכשיו.",
  "ขอบคุณที่รอค่ะ",
  "Done 👍🏽 👩‍👩‍👧‍👦 🇪🇺",
  "Zu\u0308rich, cafe\u0301: combining marks should survive.",
  "𝒲𝑒 𝓈𝑒𝑒 it: 𠜎𠜱𠝹",
  "<b>not bold</b> & \"quoted\" 'text' \\ %20 + = ;",
  `A longer answer, because some questions need one. ${"Please read the terms of the warranty carefully. ".repeat(40)}`,
];

/** Content of a structured message in the form of quick replies. */
export function quickReplies(text: string): Record<string, unknown> {
  const choices = ["Sounds good.", "Rather not", "Später"];
  const content = choices.map((choice, place) => ({
    id: place + 1,
    type: "quick-reply",
    action: "message",
    text: choice,
  }));
  return {
    "structured-content": {
      "genesys-chat": { type: "Message", contentType: "quick-replies", messageType: "text", text, content },
    },
  };
}
