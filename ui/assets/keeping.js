// The list of conversations.
