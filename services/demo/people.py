"""Names for pupils who do not exist: common first names and surnames of England, drawn independently."""

from __future__ import annotations

from typing import Final

FORENAMES: Final = (
    "Aaliyah", "Aaron", "Abdullah", "Abigail", "Adam", "Aisha", "Alexander", "Alfie", "Alice", "Amelia",
    "Amina", "Amir", "Anna", "Anya", "Archie", "Arjun", "Arlo", "Arthur", "Aryan", "Ava", "Beatrice",
    "Benjamin", "Caleb", "Charlie", "Charlotte", "Chloe", "Daisy", "Daniel", "David", "Dominik", "Dylan",
    "Edward", "Elijah", "Eliza", "Ella", "Ellie", "Elsie", "Emily", "Emma", "Erin", "Esme", "Ethan", "Evelyn",
    "Evie", "Fatima", "Felix", "Finley", "Florence", "Frankie", "Freddie", "Freya", "George", "Grace",
    "Hamza", "Hannah", "Harley", "Harper", "Harry", "Harvey", "Heidi", "Henry", "Holly", "Hugo", "Ibrahim",
    "Imogen", "Isaac", "Isabelle", "Isla", "Ivy", "Jack", "Jacob", "Jakub", "James", "Jasmine", "Jayden",
    "Jessica", "Joseph", "Joshua", "Jude", "Julia", "Kacper", "Kai", "Layla", "Leo", "Liam", "Lily", "Logan",
    "Lola", "Louie", "Lucas", "Lucy", "Luna", "Maisie", "Maja", "Mariam", "Martha", "Maryam", "Mason",
    "Matilda", "Max", "Maya", "Mia", "Millie", "Mohammed", "Molly", "Muhammad", "Nathan", "Niamh", "Noah",
    "Nina", "Olivia", "Oliver", "Oscar", "Phoebe", "Poppy", "Priya", "Ralph", "Reuben", "Riley", "Roman",
    "Rosie", "Ruby", "Ryan", "Samuel", "Sara", "Scarlett", "Sebastian", "Sienna", "Simran", "Sofia", "Sophie",
    "Stanley", "Summer", "Teddy", "Thea", "Theo", "Thomas", "Toby", "Tyler", "Violet", "Willow", "William",
    "Yusuf", "Zachary", "Zainab", "Zara", "Zoe",
)  # fmt: skip

SURNAMES: Final = (
    "Adams", "Ahmed", "Akhtar", "Ali", "Allen", "Anderson", "Andrews", "Atkinson", "Bailey", "Baker", "Ball",
    "Barker", "Barnes", "Begum", "Bell", "Bennett", "Berry", "Booth", "Bradley", "Brooks", "Brown", "Burton",
    "Butler", "Campbell", "Carr", "Carter", "Chapman", "Chen", "Clarke", "Cole", "Collins", "Cook", "Cooper",
    "Cox", "Davies", "Davis", "Dawson", "Dean", "Dixon", "Edwards", "Ellis", "Evans", "Fisher", "Fletcher",
    "Foster", "Fox", "Francis", "Gardner", "George", "Gibson", "Gill", "Gordon", "Graham", "Grant", "Gray",
    "Green", "Griffiths", "Hall", "Hamilton", "Harper", "Harris", "Harrison", "Hart", "Harvey", "Hill",
    "Holmes", "Hopkins", "Howard", "Hudson", "Hughes", "Hunt", "Hunter", "Hussain", "Iqbal", "Jackson",
    "James", "Jenkins", "Johnson", "Jones", "Kaur", "Kelly", "Kennedy", "Khan", "King", "Knight", "Kowalski",
    "Lawrence", "Lawson", "Lee", "Lewis", "Lloyd", "Mahmood", "Marsh", "Marshall", "Martin", "Mason",
    "Matthews", "May", "Miller", "Mills", "Mitchell", "Moore", "Morgan", "Morris", "Murphy", "Murray",
    "Newton", "Nguyen", "Nowak", "Osborne", "Owen", "Palmer", "Parker", "Patel", "Payne", "Pearce", "Pearson",
    "Perry", "Phillips", "Powell", "Price", "Reed", "Rees", "Reynolds", "Richards", "Richardson", "Roberts",
    "Robinson", "Rogers", "Rose", "Russell", "Ryan", "Saunders", "Scott", "Shah", "Sharma", "Shaw", "Simpson",
    "Singh", "Smith", "Spencer", "Stevens", "Stone", "Sullivan", "Taylor", "Thomas", "Thompson", "Turner",
    "Walker", "Walsh", "Ward", "Warren", "Watson", "Webb", "Wells", "West", "White", "Wilkinson", "Williams",
    "Wilson", "Wood", "Woods", "Wright", "Young",
)  # fmt: skip
